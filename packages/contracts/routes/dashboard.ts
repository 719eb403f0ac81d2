import { dashboard } from '../dashboard.ts';
import { route } from './route.ts';

export const dashboardRoutes = {
  getDashboard: route({
    method: 'GET',
    path: '/dashboard',
    tag: 'Organization',
    summary: 'The organization at a glance, in the caller’s scope',
    access: ['admin', 'manager', 'auditor'],
    scope: 'departments',
    response: dashboard,
  }),
};
