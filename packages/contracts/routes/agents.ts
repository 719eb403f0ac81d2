export const agentsRoutes = {};
