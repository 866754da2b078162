export { accountOf, type Destination, DestinationError, destinationOf, feedOf } from './destination.js';
export * from './fresh.js';
export { type PlannedTransaction, type Posting, type PricePlan, planPosting, TooHeavyError } from './posting.js';
export { ConfigError, type Poster, RECEIVERS, type Receiver, type ReceiverConfig } from './receiver.js';
export { type PriceServer, priceServer, ServerError } from './server.js';
export {
    type PriceUpdate,
    parseUpdate,
    priceOf,
    type SignedMessage,
    type SignedPrice,
    secondOf,
    UpdateError,
} from './update.js';
