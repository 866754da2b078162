export * from './account.js';
export { type Authority, hasOpenPosition, marketsOf, occupied, type TargetMarket } from './common.js';
export * from './liquidity.js';
export * from './market.js';
export * from './orders.js';
export * from './position.js';
export * from './tokens.js';
export * from './views.js';
