export const directoryRoutes = {};
