"""What people do with MLflow's client, as it is: each use prints its name and what came of it, as JSON."""

import json
import os
import sys
import tempfile

import mlflow
import pandas

client = mlflow.MlflowClient()
results = {"version": mlflow.__version__}


def use(name, function):
    try:
        results[name] = function()
    except Exception as error:  # which one it is, is what is asked
        results[name] = {"error": type(error).__name__, "message": str(error)[:300]}


def predict(uri):
    model = mlflow.pyfunc.load_model(uri)
    return model.predict(pandas.DataFrame({"weight": [2.0], "distance": [30.0]}))[0]


def files(uri):
    folder = mlflow.artifacts.download_artifacts(uri, dst_path=tempfile.mkdtemp())
    found = [os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names]
    return sorted(name for name in found if name != "registered_model_meta")


def one_file(uri):
    with open(mlflow.artifacts.download_artifacts(uri, dst_path=tempfile.mkdtemp()), encoding="utf-8") as file:
        return file.read()


for uri in sys.argv[1:]:
    use(uri, lambda: predict(uri))
use("models", lambda: [model.name for model in client.search_registered_models()])
use("some models", lambda: [model.name for model in client.search_registered_models("name LIKE 'ch%'", max_results=1)])
use("versions", lambda: [version.version for version in client.search_model_versions("name = 'churn'")])
use("alias", lambda: client.get_model_version_by_alias("churn", "prod").version)
use("latest", lambda: [version.version for version in client.get_latest_versions("churn")])
use("latest in prod", lambda: [version.version for version in client.get_latest_versions("churn", ["prod"])])
use("model", lambda: sorted(client.get_registered_model("churn").aliases))
use("version tags", lambda: client.get_model_version("churn", "1000000").tags["reg.version"])
use("uri", lambda: client.get_model_version_download_uri("churn", "1000000").split("/mlflow/")[1])
use("folder", lambda: files("models:/linear@prod"))
use("file", lambda: one_file("models:/linear@prod/data/weights.json"))
use("info", lambda: sorted(mlflow.models.get_model_info("models:/linear@prod").flavors))
use("no such model", lambda: client.get_registered_model("nothing").name)
use("no such alias", lambda: client.get_model_version_by_alias("churn", "nothing").version)
use("not a model", lambda: predict("models:/churn@prod"))
use("withdrawn", lambda: client.get_model_version("churn", "2000000").version)
use("write", lambda: client.set_registered_model_alias("churn", "new", "1000000"))
use("run", lambda: mlflow.start_run().info.run_id)
print(json.dumps(results))
