import { describe, expect, test } from 'vitest';
import { readPeopleFile, writePeopleFile } from './people-file.ts';

const person = {
  ...{ name: 'Ann', email: 'ann@x.example', department: 'All / West', position: 'Maker', number: '7' },
  ...{ roles: 'employee, manager', contact_for: 'tea; coffee' },
};

describe('reading a file of people', () => {
  test.each([
    ['plain', 'name,email\nAnn,ann@x.example\n'],
    ['as Excel saves it', '\uFEFFName;E-Mail\r\nAnn;ANN@x.example\r\n'],
    ['separated by tabs, with spaces', 'Name\tEmail \n Ann\t ann@x.example\n\n'],
    ['with old line ends', 'name,email\rAnn,ann@x.example'],
    ['in quotes', '"name","email"\n"Ann","ann@x.example"'],
  ])('%s', (_, csv) => {
    expect(readPeopleFile(csv)).toEqual([
      expect.objectContaining({ line: 2, name: 'Ann', email: 'ann@x.example', department: undefined, problem: null }),
    ]);
  });

  test('takes quotes, commas and line ends inside of cells, and counts lines as a spreadsheet does not split them', () => {
    const [first, second] = readPeopleFile('name,email\n"Bell, ""Big""\nMarcus",m@x.example\nAnn,ann@x.example');
    expect(first).toMatchObject({ name: 'Bell, "Big"\nMarcus', problem: null });
    expect(second?.line).toBe(4);
  });

  test('reads paths, lists and roles', () => {
    const csv = 'name,email,department,roles,contact_for\nAnn,a@x.example,R/D / West,"Manager, employee",tea; cake';
    expect(readPeopleFile(csv)[0]).toMatchObject({
      ...{ department: ['R/D', 'West'], roles: ['manager', 'employee'], contactFor: ['tea', 'cake'] },
    });
  });

  test.each([
    ['name,email\n,a@x.example', 'The name is missing.'],
    ['name,email\nAnn,', 'The e-mail is missing.'],
    ['name,email\nAnn,nonsense', '“nonsense” is no e-mail address.'],
    ['name,email,roles\nAnn,a@x.example,operator', 'There is no role “operator” to give.'],
    [`name,email,department\nAnn,a@x.example,${'x / '.repeat(10)}x`, 'A department is at most 10 levels deep.'],
    ['name,email\nAnn,a@x.example,more', 'The line has more or fewer cells than the heading.'],
  ])('says what is wrong with a line: %j', (csv, problem) => {
    expect(readPeopleFile(csv)[0]?.problem).toBe(problem);
  });

  test.each([
    ['name,mail\nAnn,a@x.example', 'The column “mail” means nothing here.'],
    ['name\nAnn', 'The column “email” is missing.'],
    ['name,email,name\nAnn,a,b', 'The column “name” is there twice.'],
    ['\n\n', 'The file is empty.'],
    ['name,email\n"Ann,a@x.example', 'The file cannot be read'],
  ])('refuses what is no such file: %j', (csv, message) => {
    expect(() => readPeopleFile(csv)).toThrow(message);
  });
});

describe('writing one', () => {
  test('can be read again', () => {
    expect(readPeopleFile(writePeopleFile([person]))[0]).toMatchObject({
      ...{ name: 'Ann', department: ['All', 'West'], position: 'Maker', number: '7', problem: null },
      ...{ roles: ['employee', 'manager'], contactFor: ['tea', 'coffee'] },
    });
  });

  test.each(['=HYPERLINK("http://x","y")', '+1', '-1', '@SUM(A1)', "'=1"])(
    'keeps spreadsheets from computing %s, and reads it as it was',
    (name) => {
      const csv = writePeopleFile([{ ...person, name }]);
      expect(csv.split('\r\n')[1]).toMatch(/^"?'/);
      expect(readPeopleFile(csv)[0]?.name).toBe(name);
    },
  );
});
