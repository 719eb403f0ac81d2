import type { RefusedTool, TenantModelPolicy, ToolName } from '@clawpool/contracts';
import type { Language } from './language.ts';

/**
 * What the person reads of tools that were refused: one sentence for each reason, with what they can do about it. Tools are called as the
 * organization calls them, also where OpenClaw has several for one.
 *
 * @param tools OpenClaw's names
 */
export function toolSentences(tools: readonly string[], policy: TenantModelPolicy, language: Language): string[] {
  const groups = new Map<string, { names: Set<string>; because: Because; request: RefusedTool['request'] }>();
  for (const name of tools) {
    const refused = policy.refusedTools?.get(name);
    const because: Because = refused?.because ?? 'unknown';
    const request = refused?.request ?? null;
    const key = `${because} ${request}`;
    const group = groups.get(key) ?? { names: new Set<string>(), because, request };
    groups.set(key, group);
    group.names.add(refused ? called[language][refused.tool] : name);
  }
  return [...groups.values()].map(({ names, because, request }) =>
    language === 'zh'
      ? inChinese([...names], because, request, policy)
      : inEnglish([...names], because, request, policy),
  );
}

/** `unknown`: it is none of the organization's tools. */
type Because = RefusedTool['because'] | 'unknown';

const called: Readonly<Record<Language, Readonly<Record<ToolName, string>>>> = {
  en: {
    web_search: 'web search',
    shell: 'shell',
    browser: 'browser',
    file: 'reading files',
    file_write: 'writing files',
    code_execution: 'code execution',
  },
  zh: {
    web_search: '网络',
    shell: '命令行',
    browser: '浏览器',
    file: '读文件',
    file_write: '写文件',
    code_execution: '代码',
  },
};

function inEnglish(
  names: readonly string[],
  because: Because,
  request: RefusedTool['request'],
  { positionName, tierName = '' }: TenantModelPolicy,
): string {
  const listed = names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
  const it = names.length < 2 ? 'it' : 'them';
  const wasGranted = names.length < 2 ? 'it was granted' : 'they were granted';
  const why = {
    not_in_position:
      positionName === null
        ? `there is no position that allows ${it}`
        : `the position ${positionName} does not allow ${it}`,
    not_in_agent: `this agent was not given ${it}`,
    above_tier: `the tier ${tierName} does not allow ${it}, whatever is granted`,
    always_blocked: `no agent of this organization may use ${it}`,
    public_twin: 'a public twin only talks',
    assistant: 'the admin assistant only looks things up',
    grant: `${wasGranted} for one message, and not for this one`,
    unknown: `agents do not have ${it} here`,
  };
  const next = {
    agent: `If you need ${it}, you can request ${it}: in your portal under “My requests”, or tell me to request ${it} for you.`,
    portal: `If you need ${it}, request ${it} in your portal under “My requests”.`,
  };
  const otherwise: Partial<Record<Because, string>> = {
    not_in_position: `Ask your manager or IT if you need ${it}.`,
    not_in_agent: `It cannot be requested. Ask an admin if you need ${it}.`,
    above_tier: `It cannot be requested. Ask an admin if you need ${it}.`,
    always_blocked: 'It cannot be requested. The admins have decided so.',
    grant: 'Try again with your next message.',
  };
  const sentence = `I may not use ${listed}: ${reasonOf(why, because)}.`;
  return [sentence, request ? next[request] : otherwise[because]].filter(Boolean).join(' ');
}

function inChinese(
  names: readonly string[],
  because: Because,
  request: RefusedTool['request'],
  { positionName, tierName = '' }: TenantModelPolicy,
): string {
  const why = {
    not_in_position: positionName === null ? '没有允许使用它的职位' : `职位“${positionName}”不允许`,
    not_in_agent: '没有分配给这个智能体',
    above_tier: `等级“${tierName}”不允许，也无法通过授权获得`,
    always_blocked: '本组织的任何智能体都不得使用',
    public_twin: '公开分身只能对话',
    assistant: '管理助手只能查询',
    grant: '它只被授权用于一条消息，而不是这一条',
    unknown: '这里的智能体没有它',
  };
  const next = {
    agent: '如有需要，可以在门户的“我的申请”中申请，或让我代为申请。',
    portal: '如有需要，请在门户的“我的申请”中申请。',
  };
  const otherwise: Partial<Record<Because, string>> = {
    not_in_position: '如有需要，请联系你的经理或 IT 部门。',
    not_in_agent: '它不能申请；如有需要，请联系管理员。',
    above_tier: '它不能申请；如有需要，请联系管理员。',
    always_blocked: '它不能申请：这是管理员的决定。',
    grant: '请在下一条消息中再试。',
  };
  const sentence = `我不能使用 ${names.join('、')}：${reasonOf(why, because)}。`;
  return `${sentence}${(request ? next[request] : otherwise[because]) ?? ''}`;
}

/** What a standing allows is not refused for it. */
const reasonOf = (why: Readonly<Record<Exclude<Because, 'position' | 'tier'>, string>>, because: Because): string =>
  because === 'position' || because === 'tier' ? why.unknown : why[because];
