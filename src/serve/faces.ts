import type { Face } from './face.js';

/** The faces, each loaded on use. */
export const FACES: Readonly<Record<string, () => Promise<Face>>> = {
  hf: async () => (await import('./faces/hf.js')).hf,
  mlflow: async () => (await import('./faces/mlflow.js')).mlflow,
  s3: async () => (await import('./faces/s3.js')).s3,
  files: async () => (await import('./faces/files.js')).files,
  dvc: async () => (await import('./faces/dvc.js')).dvc,
  api: async () => (await import('./faces/api.js')).api,
  // the last: its paths are those that no other has
  pages: async () => (await import('./faces/pages.js')).pages,
};
