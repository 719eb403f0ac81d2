/**
 * The walls between the rooms of docs/architecture.md. `./clawpool test` runs this; a violation fails it.
 * TypeScript is read with swc: TypeScript 7 has no JavaScript API, and swc sees type-only imports too.
 */

/** What each package may import of ours. Everything that is not listed is forbidden. */
const allowed = {
  contracts: [],
  workspace: ['contracts'],
  runtimes: ['contracts'],
  models: ['contracts'],
  channels: ['contracts'],
  client: ['contracts'],
  checkpoints: ['contracts'],
  host: ['contracts', 'workspace', 'runtimes', 'checkpoints'],
  server: ['contracts', 'workspace', 'checkpoints'],
  console: ['contracts', 'client'],
  cli: ['contracts', 'workspace', 'runtimes', 'models', 'channels', 'client', 'checkpoints', 'host', 'server'],
};

const directions = Object.entries(allowed).map(([name, targets]) => ({
  name: `${name}-imports-only-${targets.join('-') || 'nothing-of-ours'}`,
  comment: `packages/${name} may import ${targets.join(', ') || 'nothing of ours'}. See "The rooms" in docs/architecture.md.`,
  severity: 'error',
  from: { path: `^packages/${name}/` },
  to: { path: '^(packages|tests|bench)/', pathNot: `^packages/(${[name, ...targets].join('|')})/` },
}));

/** Everything in packages/server that is a business domain: neither its HTTP face nor its store. */
const domains =
  '(organization|identity|directory|governance|files|dashboard|pool|conversations|integrations|twins|assistant|agent-api|usage|audit)';

export default {
  forbidden: [
    ...directions,
    {
      name: 'package-is-listed',
      comment: 'A new package needs a line in `allowed` of .dependency-cruiser.mjs, or nothing guards it.',
      severity: 'error',
      from: { path: '^packages/', pathNot: `^packages/(${Object.keys(allowed).join('|')})/` },
      to: {},
    },
    {
      name: 'only-through-index',
      comment: 'A package is imported through its index.ts only: import from `@clawpool/<name>`.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/[^/]+/', pathNot: ['^packages/$1/', '^packages/[^/]+/index\\.ts$'] },
    },
    {
      name: 'tests-and-benchmarks-only-through-index',
      comment: 'Tests of the whole use what everybody uses; a test of a part stands beside the part.',
      severity: 'error',
      from: { path: '^(tests|bench)/' },
      // `testing.ts` is what a package offers to tests: the servers of a platform on this machine.
      to: { path: '^packages/[^/]+/', pathNot: '^packages/[^/]+/(index|testing)\\.ts$' },
    },
    {
      name: 'domains-do-not-know-http',
      comment: 'http calls the domains; a domain never reaches back into http.',
      severity: 'error',
      from: { path: `^packages/server/${domains}/` },
      to: { path: '^packages/server/http/' },
    },
    {
      name: 'store-knows-no-domain',
      comment: 'The store is below the domains.',
      severity: 'error',
      from: { path: '^packages/server/store/' },
      to: { path: `^packages/server/(http|${domains})/` },
    },
    {
      name: 'no-cycles',
      comment:
        'Two files that need each other are one file, or a third is missing between them. Types alone may go round.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      comment: 'The import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'not-to-test',
      comment: 'Code that runs does not depend on tests.',
      severity: 'error',
      from: { pathNot: '(\\.test\\.tsx?$|^(tests|bench)/|/conformance/|/testing/)' },
      to: { path: '(\\.test\\.tsx?$|^tests/)' },
    },
    {
      name: 'not-to-dev-dependency',
      comment: 'Code that runs uses dependencies of its own package.json, not the tools of the root.',
      severity: 'error',
      from: { path: '^packages/', pathNot: '(\\.test\\.tsx?$|/testing/|/conformance/|/(vite|drizzle)\\.config\\.ts$)' },
      // `npm` as well: the package declares it itself, and the root uses it too.
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm'] },
    },
    {
      name: 'dependency-is-declared',
      comment: 'The package uses an npm package that no package.json declares; it works by luck only.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage|\\.clawpool)/' },
    // Local packages are symbolic links in node_modules; the rules speak of where they really are.
    preserveSymlinks: false,
    // Tools that stand in the root's package.json serve every package.
    combinedDependencies: true,
    tsPreCompilationDeps: true,
    skipAnalysisNotInRules: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.css', '.d.ts'],
    },
    cache: false,
  },
};
