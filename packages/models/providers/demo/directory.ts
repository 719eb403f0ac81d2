import type { Contact, Persona } from './persona.ts';

/** How much a word counts, by where it is found. */
const weights = { topic: 3, position: 2, department: 1 };
/** A topic that is asked for word by word. */
const wholeTopic = 4;
const mostSuggestions = 3;

/**
 * The people whose topics, position or department share words with the question, best first. The person whom the agent represents
 * comes up only when nobody else fits: nobody needs to be told to ask themselves.
 */
export function whoFits(question: string, persona: Persona): Contact[] {
  const words = wordsOf(inEnglish(question));
  const scored = persona.directory
    .map((contact) => ({ contact, score: scoreOf(contact, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  const others = scored.filter(({ contact }) => contact.name !== persona.represents);
  const candidates = others.length > 0 ? others : scored;
  const enough = (candidates[0]?.score ?? 0) / 2;
  return candidates
    .filter(({ score }) => score >= enough)
    .slice(0, mostSuggestions)
    .map(({ contact }) => contact);
}

function scoreOf(contact: Contact, words: ReadonlySet<string>): number {
  let score = 0;
  for (const topic of contact.contactFor) {
    const topicWords = [...wordsOf(topic)];
    const shared = topicWords.filter((word) => words.has(word)).length;
    score += shared * weights.topic;
    if (topicWords.length > 0 && shared === topicWords.length) score += wholeTopic;
  }
  for (const word of wordsOf(contact.position)) if (words.has(word)) score += weights.position;
  for (const word of wordsOf(contact.department)) if (words.has(word)) score += weights.department;
  return score;
}

/** Words that say nothing about a topic. */
const empty = new Set(
  (
    'a an the who whom which what should can could would will do does i we you me my our your to for about of in on at with and or is are be ' +
    'this that it there anyone anybody somebody someone person people contact ask talk speak reach go need needs have has get help ' +
    'question questions please if when how team company responsible charge handle know knows best right'
  ).split(' '),
);

function wordsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.filter((word) => !empty.has(word)).map(stem));
}

/** Enough for "reviews", "reviewing" and "review" to meet. */
function stem(word: string): string {
  const plain = word
    .replace(/ies$/, 'y')
    .replace(/(?<=\w{4})ing$/, '')
    .replace(/(?<=\w{3})(?<!s)s$/, '');
  return plain.length >= 3 ? plain : word;
}

/** Directories are written in English: the topics that Chinese questions are commonly about, in its words. */
const topics: readonly [RegExp, string][] = [
  [/代码(审查|评审|检查)|评审代码/, 'code review'],
  [/后端/, 'backend'],
  [/前端/, 'frontend'],
  [/代码|开发|工程|程序/, 'software engineering code'],
  [/部署|上线|发布|运维/, 'deployment release infrastructure'],
  [/服务器|基础设施|云/, 'infrastructure cloud server'],
  [/报销|费用/, 'expense expenses reimbursement'],
  [/预算/, 'budget'],
  [/财务|会计|财报/, 'finance accounting financial'],
  [/发票|付款/, 'invoice payment'],
  [/工资|薪资|薪水|薪酬/, 'payroll salary compensation'],
  [/请假|休假|假期/, 'leave vacation'],
  [/招聘|面试/, 'recruiting hiring interview'],
  [/人事|人力/, 'hr human resources'],
  [/入职/, 'onboarding'],
  [/合同|法务|法律|合规/, 'contract legal compliance'],
  [/市场|营销|品牌/, 'marketing brand campaign'],
  [/销售|报价/, 'sales quote'],
  [/客户|客服|支持/, 'customer support success'],
  [/安全/, 'security'],
  [/数据|分析|报表/, 'data analytics report'],
  [/设计|界面/, 'design'],
  [/产品|需求/, 'product'],
  [/测试|质量/, 'test qa quality'],
  [/电脑|账号|密码|网络/, 'it laptop account password network'],
];

function inEnglish(question: string): string {
  return `${question} ${topics
    .filter(([pattern]) => pattern.test(question))
    .map(([, words]) => words)
    .join(' ')}`;
}
