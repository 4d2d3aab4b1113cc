/** The file of a registry's configuration, from the top of its repository; by itself, so that its name costs no package. */
export const CONFIG_FILE = '.reg.yaml';
