/** Kinds of margin accounts, as their byte says. */
export const AccountKind = { Cross: 0, Isolated: 1 } as const;
