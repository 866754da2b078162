/// <reference types="vite/client" />

/** True in development builds alone: production bundles drop what stands behind it. */
declare const __DEVELOPMENT__: boolean;
