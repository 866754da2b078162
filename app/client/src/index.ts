export * from './accounts.js';
export * from './addresses.js';
export * from './errors.js';
export * from './events.js';
export type {
    EpochRecord,
    Exchange,
    LiquidityRequest,
    MarginAccount,
    Market,
    Orders,
    Pool,
} from './generated/accounts/index.js';
export * from './generated/constants.js';
export * from './generated/types/index.js';
export * from './instructions/index.js';
export * from './orders.js';
export * from './prices/index.js';
export * from './reading/index.js';
export * from './transactions/index.js';
export * from './units.js';
