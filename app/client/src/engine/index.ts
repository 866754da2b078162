export * from '../generated/engine.js';
export * from './module.js';
export * from './reading.js';
export * from './refusal.js';
export * from './world.js';
