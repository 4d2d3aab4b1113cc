#!/usr/bin/env node
require('../dist/reg.cjs');
