import { organizationRoutes } from '@clawpool/contracts';
import {
  changeDepartment,
  createDepartment,
  deleteDepartment,
  departmentsOf,
  removalOfDepartment,
} from '../../organization/departments/department-service.ts';
import { importEmployees, importsOf, previewImport, undoImport } from '../../organization/imports/import-service.ts';
import { exportEmployees } from '../../organization/imports/people-export.ts';
import {
  changeEmployee,
  createEmployee,
  deleteEmployee,
  peopleOf,
  personOf,
  provisionEmployee,
  removalOfEmployee,
  resetPassword,
} from '../../organization/people/people-service.ts';
import {
  changePosition,
  createPosition,
  deletePosition,
  positionsOf,
  provisionPosition,
  removalOfPosition,
} from '../../organization/positions/position-service.ts';
import type { Database } from '../../store/database.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export function registerOrganizationRoutes(app: HttpApp, database: Database): void {
  registerRoutes(app, organizationRoutes, {
    listDepartments: async ({ principal }) => ({ departments: await departmentsOf(database, principal) }),
    createDepartment: ({ principal, body }) => createDepartment(database, principal, body),
    changeDepartment: ({ principal, params, body }) => changeDepartment(database, principal, params.departmentId, body),
    departmentRemoval: ({ principal, params }) => removalOfDepartment(database, principal, params.departmentId),
    deleteDepartment: ({ principal, params, query }) =>
      deleteDepartment(database, principal, params.departmentId, query),

    listPositions: async ({ principal }) => ({ positions: await positionsOf(database, principal) }),
    createPosition: ({ principal, body }) => createPosition(database, principal, body),
    changePosition: ({ principal, params, body }) => changePosition(database, principal, params.positionId, body),
    positionRemoval: ({ principal, params }) => removalOfPosition(database, principal, params.positionId),
    deletePosition: ({ principal, params, query }) => deletePosition(database, principal, params.positionId, query),
    provisionPosition: ({ principal, params }) => provisionPosition(database, principal, params.positionId),

    listEmployees: ({ principal, query }) => peopleOf(database, principal, query),
    getEmployee: ({ principal, params }) => personOf(database, principal, params.employeeId),
    createEmployee: ({ principal, body }) => createEmployee(database, principal, body),
    changeEmployee: ({ principal, params, body }) => changeEmployee(database, principal, params.employeeId, body),
    provisionEmployee: ({ principal, params }) => provisionEmployee(database, principal, params.employeeId),
    resetPassword: ({ principal, params }) => resetPassword(database, principal, params.employeeId),
    employeeRemoval: ({ principal, params }) => removalOfEmployee(database, principal, params.employeeId),
    deleteEmployee: ({ principal, params, query }) => deleteEmployee(database, principal, params.employeeId, query),
    exportEmployees: ({ principal }) => exportEmployees(database, principal),

    previewImport: ({ principal, body }) => previewImport(database, principal, body),
    importEmployees: ({ principal, body }) => importEmployees(database, principal, body),
    listImports: async ({ principal }) => ({ imports: await importsOf(database, principal) }),
    undoImport: ({ principal, params }) => undoImport(database, principal, params.importId),
  });
}
