export const identityRoutes = {};
