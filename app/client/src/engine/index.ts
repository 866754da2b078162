export * from '../generated/engine.js';
export * from './engine.js';
export { type Answer, EngineError, type ModuleBytes, type QuestionName, type Refused } from './module.js';
export * from './reading.js';
export * from './refusal.js';
export * from './world.js';
