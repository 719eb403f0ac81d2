export const filesRoutes = {};
