import { type AccessAsked, accessOf, asksForStatus } from './access.ts';
import type { ScheduleRequest } from './schedules.ts';
import { scheduleOf } from './schedules.ts';

/** What the demo model takes a message to mean. */
export type Intent =
  | { kind: 'run'; command: string }
  | { kind: 'read'; path: string }
  | { kind: 'write'; path: string; content: string }
  | { kind: 'identity' | 'capabilities' | 'position' | 'greeting' | 'thanks' | 'story' | 'unknown' }
  | { kind: 'schedule'; request: ScheduleRequest }
  | { kind: 'request'; request: AccessAsked }
  | { kind: 'requests' }
  | { kind: 'remember'; text: string }
  | { kind: 'recall' }
  | { kind: 'reminder'; of: string }
  | { kind: 'contact'; topic: string }
  | { kind: 'count'; to: number };

/** As far as the demo model counts. */
const furthestCount = 500;

/** Patterns, tried in order: what asks for a deed comes before what asks for a word about it. */
export function intentOf(message: string, now: Date, timezone: string): Intent {
  const text = message.trim();
  const schedule = scheduleOf(text, now, timezone);
  if (schedule) return { kind: 'schedule', request: schedule };
  const reminder = /^Remind the person: (.+)$/s.exec(text)?.[1];
  if (reminder) return { kind: 'reminder', of: reminder };
  const access = accessOf(text);
  if (access) return { kind: 'request', request: access };
  if (asksForStatus(text)) return { kind: 'requests' };
  return memoryOf(text) ?? deedOf(text) ?? questionOf(text) ?? { kind: 'unknown' };
}

function memoryOf(text: string): Intent | null {
  const noted =
    /^(?:please )?remember\s*(?:that\s+|[:：,-]\s*)(.+)$/is.exec(text) ??
    /^(?:请|帮我)*记住[:：,，\s]*(.+)$/s.exec(text);
  if (noted?.[1]) return { kind: 'remember', text: unquoted(noted[1]) };
  return /^what do you remember\b/i.test(text) || /^你(?:还)?记得什么/.test(text) ? { kind: 'recall' } : null;
}

function deedOf(text: string): Intent | null {
  const command = commandOf(text);
  if (command) return { kind: 'run', command };

  const read =
    /^(?:please |can you |could you |now )*(?:read|open|show(?: me)?|cat|display|print)\s+(?:me\s+)?(?:the\s+)?(?:contents? of\s+)?(?:the\s+)?file\s+(.+)$/is.exec(
      text,
    ) ?? /^(?:请|帮我|麻烦)*(?:读取?|打开|查看|显示)(?:一下)?文件[:：\s]*(.+)$/s.exec(text);
  if (read?.[1]) return { kind: 'read', path: bare(read[1]) };

  const write =
    /^(?:please |can you |could you |now )*(?:write|save|put)\s+(.+?)\s+(?:to|into|in)\s+(?:the\s+|a\s+)?file\s+(\S+?)[.!?]?$/is.exec(
      text,
    );
  if (write?.[1] && write[2]) return { kind: 'write', content: unquoted(write[1]), path: bare(write[2]) };
  const writeChinese = /^(?:请|帮我|麻烦)*(?:把|将)?(.+?)(?:写入|写到|保存到|存到)(?:文件)?\s*([\w./-]+)/s.exec(text);
  if (writeChinese?.[1] && writeChinese[2]) {
    return { kind: 'write', content: unquoted(writeChinese[1]), path: writeChinese[2] };
  }
  const note =
    /^(?:please )?(?:save|take|make|write)\s+(?:a\s+|the\s+|this\s+)?note\s*(?:that|[:：,-])?\s+(.+)$/is.exec(text) ??
    /^(?:请|帮我)*(?:记一下|记下|保存笔记|写个?笔记)[:：,，\s]*(.+)$/s.exec(text);
  if (note?.[1]) return { kind: 'write', path: 'note.md', content: `${unquoted(note[1])}\n` };
  return null;
}

/** Words after "run" that begin a sentence rather than a command. */
const noCommand =
  /^(?:a|an|the|my|our|your|some|this|that|it|these|those|me|us|them|him|her|through|into|out|away|to|for|by|with|on|over|errands?|late)\b/i;

function commandOf(text: string): string | null {
  const quoted = /(?:\b(?:run|execute|exec)\b|运行|执行|跑)[^`\n]*`([^`]+)`/i.exec(text);
  if (quoted?.[1]) return quoted[1].trim();
  const block = /(?:\b(?:run|execute|exec)\b|运行|执行)[^`]*```\w*\n([^`]+)```/i.exec(text);
  if (block?.[1]) return block[1].trim();

  const english =
    /^(?:(?:please|now|then|ok|okay|hey|hi|so|just)[, ]+|(?:can|could|would|will) you (?:please )?|i (?:want|need) you to )*(?:run|execute|exec)(?:\s+(?:for me|please))?\s+(?:(?:the\s+|this\s+)?(?:shell\s+|following\s+)*command\s*[:：]?\s*)?(.+)$/is.exec(
      text,
    );
  if (english?.[1]) {
    const command = bare(english[1].replace(/[, ]+(?:please|for me|now|in (?:your|the|my) workspace)[.!?]*$/i, ''));
    return command === '' || noCommand.test(command) ? null : command;
  }
  const chinese =
    /^(?:请|帮我|麻烦|你|现在|先|再)*(?:运行|执行|跑)(?:一下|下)?(?:这个|这条|以下|下面的?)?(?:命令)?[:：\s]*([\x20-\x7e]+)/.exec(
      text,
    );
  return chinese?.[1] ? bare(chinese[1]) || null : null;
}

function questionOf(text: string): Intent | null {
  const lower = text.toLowerCase();
  if (
    /\bwho(?:m)?\s+(?:should|can|could|do|would|must|might|to)\b.*\b(?:contact|ask|talk|speak|reach|go|write|turn|call|see|approach)\b/.test(
      lower,
    ) ||
    /\bwho\b.*\b(?:handles?|knows?|responsible|in charge|takes? care|deals?|can help|could help|helps|reviews?|does|owns)\b/.test(
      lower,
    ) ||
    /\bwhom\b/.test(lower) ||
    /(?:该|应该|可以|能|要)?(?:找|联系|问|咨询)(?:谁|哪位|哪个人|什么人)|谁(?:负责|管|懂|能帮|可以帮)/.test(text)
  ) {
    return { kind: 'contact', topic: text };
  }
  if (
    /\bwho are you\b|\bwhat are you\b|\bintroduce yourself\b|\byour name\b|你是谁|你叫什么|介绍(?:一下)?(?:你|自己)/.test(
      lower,
    )
  ) {
    return { kind: 'identity' };
  }
  if (/\b(?:my|your)\s+(?:position|role|job|title|department)\b|(?:我|你)的?(?:职位|岗位|职务|部门|角色)/.test(lower)) {
    return { kind: 'position' };
  }
  const count = /\bcount\b.*?\bto\s+(\d{1,6})/.exec(lower) ?? /(?:数|计数)到\s*(\d{1,6})/.exec(text);
  if (count?.[1]) return { kind: 'count', to: Math.min(furthestCount, Number(count[1])) };
  if (
    /\b(?:long|longer)\b.*\b(?:story|text|answer)\b|\btell\b.*\bstory\b|长(?:一点的)?(?:故事|文)|讲.*故事/.test(lower)
  ) {
    return { kind: 'story' };
  }
  if (
    /\bwhat\b.*\b(?:can|may|could|are)\b.*\byou\b.*\b(?:do|allowed|use)\b|\bwhat (?:tools|permissions)\b|\bwhich tools\b|\bhelp\b|你(?:能|会|可以)(?:做|干|帮)|能做什么|帮助|有什么(?:工具|权限)/.test(
      lower,
    )
  ) {
    return { kind: 'capabilities' };
  }
  if (/\bthank(?:s| you)\b|^thx\b|谢谢|多谢/.test(lower)) return { kind: 'thanks' };
  if (
    /^(?:hello|hi|hey|good (?:morning|afternoon|evening)|你好|您好|嗨|早上好|下午好)(?![\p{L}])|^你好|^您好/u.test(
      lower,
    )
  ) {
    return { kind: 'greeting' };
  }
  return null;
}

/** Without the quotes and the full stop that belong to the sentence rather than to the command; `ls .` keeps its own. */
function bare(text: string): string {
  return unquoted(text.trim().replace(/(?<=[^\s./])[.!?。！？]+$/, ''));
}

function unquoted(text: string): string {
  const trimmed = text.trim();
  const inner = /^(["'`“「])(.*)(["'`”」])$/s.exec(trimmed)?.[2];
  return (inner ?? trimmed).trim();
}
