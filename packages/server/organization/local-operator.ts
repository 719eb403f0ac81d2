/** The user behind the operator token, so that what it does has an actor. No password leads to it. */
export const localOperatorId = 'local-operator';
export const localOperatorName = 'local operator';
