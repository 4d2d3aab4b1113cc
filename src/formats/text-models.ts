import type { Format } from './format.js';
import type { Peek } from './peek.js';

/** The members of a learner, of which the first one that is there comes first, for XGBoost writes them by name. */
const MEMBERS = 'attributes|cats|feature_names|feature_types|gradient_booster|learner_model_param|objective';

/** The first lines of a model (LightGBM, src/boosting/gbdt_model_text.cpp, GBDT::SaveModelToString). */
const LIGHTGBM = /^tree\r?\nversion=v\d+\r?\nnum_class=\d+\r?\n/;
/** How a model begins and ends (XGBoost, doc/model.schema, and src/learner.cc, LearnerIO::SaveModel). */
const XGBOOST_START = new RegExp(`^\\{\\s*"learner"\\s*:\\s*\\{\\s*"(?:${MEMBERS})"\\s*:`);
const XGBOOST_END = /"version"\s*:\s*\[\s*\d+\s*,\s*\d+\s*,\s*\d+\s*\]\s*\}\s*$/;
/** The same in UBJSON, where a name has a length of 64 bits before it (XGBoost, src/common/json.cc, UBJWriter). */
const XGBOOST_UBJ = new RegExp(`^\\{L\\0{7}\\x07learner\\{L\\0{7}[\\x01-\\x20](?:${MEMBERS})`);

/** Recognises models that are text, and one that is text in binary. */
export async function textFormat(file: Peek): Promise<Format | undefined> {
  const start = file.head.toString('latin1', 0, 512);
  if (LIGHTGBM.test(start)) return 'lightgbm';
  if (XGBOOST_UBJ.test(start)) return 'xgboost-ubj';
  if (!XGBOOST_START.test(start)) return undefined;
  const end = await file.at(Math.max(0, file.size - 128), 128);
  return XGBOOST_END.test(end.toString('latin1')) ? 'xgboost-json' : undefined;
}
