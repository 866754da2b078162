export * from './account.js';
export * from './owner.js';
export * from './snapshot.js';
export * from './store.js';
export * from './watch.js';
