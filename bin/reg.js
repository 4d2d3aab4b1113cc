#!/usr/bin/env node
import '../dist/reg.js';
