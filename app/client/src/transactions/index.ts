export * from './ask.js';
export { computeUnits, MOST_UNITS, unitLimit, unitsOf } from './budget.js';
export * from './message.js';
export * from './record.js';
export * from './refusal.js';
export * from './send.js';
