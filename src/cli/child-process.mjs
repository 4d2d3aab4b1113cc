const later =
  (name) =>
  (...args) =>
    // biome-ignore lint/style/useNodejsImportProtocol: with `node:` it would be this file again
    require('child_process')[name](...args);

export const exec = later('exec');
export const execFile = later('execFile');
export const execFileSync = later('execFileSync');
export const execSync = later('execSync');
export const fork = later('fork');
export const spawn = later('spawn');
export const spawnSync = later('spawnSync');
