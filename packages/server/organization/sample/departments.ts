export interface SampleDepartment {
  id: string;
  /** Null: directly below the organization. */
  parentId: string | null;
  name: string;
}

/** Seven at the top, eight below them; a parent always stands before its children, so that they can be inserted in order. */
export const sampleDepartments: readonly SampleDepartment[] = [
  { id: 'engineering', parentId: null, name: 'Engineering' },
  { id: 'platform', parentId: 'engineering', name: 'Platform Team' },
  { id: 'backend', parentId: 'engineering', name: 'Backend Team' },
  { id: 'frontend', parentId: 'engineering', name: 'Frontend Team' },
  { id: 'qa', parentId: 'engineering', name: 'QA Team' },
  { id: 'admin-lab', parentId: 'engineering', name: 'Admin Lab' },
  { id: 'sales', parentId: null, name: 'Sales' },
  { id: 'enterprise-sales', parentId: 'sales', name: 'Enterprise Sales' },
  { id: 'smb-sales', parentId: 'sales', name: 'SMB Sales' },
  { id: 'product', parentId: null, name: 'Product' },
  { id: 'finance', parentId: null, name: 'Finance' },
  { id: 'hr', parentId: null, name: 'HR & Admin' },
  { id: 'customer-success', parentId: null, name: 'Customer Success' },
  // Invented, to give Customer Success a team below it.
  { id: 'customer-support', parentId: 'customer-success', name: 'Customer Support' },
  { id: 'legal', parentId: null, name: 'Legal & Compliance' },
];
