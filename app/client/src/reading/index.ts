export * from './account.js';
export * from './owner.js';
export * from './snapshot.js';
