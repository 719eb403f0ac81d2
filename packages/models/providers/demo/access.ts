/** Requests for access, in the words that the demo model knows, as the fields of the control plane's tool. */
export interface AccessAsked {
  kind: 'tool' | 'skill' | 'host';
  resource: string;
  reason: string;
  /** Null: for good; absent: what the tool takes unless told. */
  hours?: number | null;
}

const english =
  /^(?:(?:please|can you|could you)\s+)*(?:request|ask for)\s+(?:access to\s+)?(?:the\s+)?(?:(tool|skill|host)\s+)?([\w.*-]+?)(?:\s+(tool|skill|host|access))?(?:\s+for\s+(good|ever|an?\s+hour|a\s+day|\d{1,4}\s+(?:hour|day)s?))?(?:[,:;]?\s+(?:because|since|as|to|so that|for me)\b\s*(.*))?$/is;
const chinese =
  /^(?:请|帮我|麻烦)*申请(?:使用)?\s*(工具|技能|主机)?\s*([\w.*-]+)\s*(?:权限|工具|技能|主机)?\s*(\d{1,4}\s*(?:小时|天)|永久)?[，,。:：;；\s]*(?:因为|用于)?\s*(.*)$/s;

const kinds = { tool: 'tool', skill: 'skill', host: 'host', 工具: 'tool', 技能: 'skill', 主机: 'host' } as const;

/** "Request the shell for 2 hours because I have to look at the repository", "申请 shell 2 小时，因为…". Null: it asks for nothing of the kind. */
export function accessOf(message: string): AccessAsked | null {
  const text = message.trim().replace(/[.!?。！？]+$/u, '');
  const match = english.exec(text);
  const [, before, resource, after, time, reason] = match ?? [];
  if (resource) return asked(before ?? after, resource, time, reason, text);
  const [, kind, name, span, why] = chinese.exec(text) ?? [];
  return name ? asked(kind, name, span, why, text) : null;
}

function asked(
  kind: string | undefined,
  resource: string,
  time: string | undefined,
  reason: string | undefined,
  text: string,
): AccessAsked {
  const named = kinds[kind?.toLowerCase() as keyof typeof kinds];
  const hours = hoursOf(time);
  return {
    kind: named ?? (resource.includes('.') ? 'host' : 'tool'),
    resource,
    reason: reason && reason.trim().length > 2 ? reason.trim() : text,
    ...(hours === undefined ? {} : { hours }),
  };
}

function hoursOf(time: string | undefined): number | null | undefined {
  if (time === undefined) return undefined;
  if (/good|ever|永久/i.test(time)) return null;
  const amount = Number(/\d+/.exec(time)?.[0] ?? 1);
  return /day|天/i.test(time) ? amount * 24 : amount;
}

/** Whether somebody wants to know what became of what they asked for. */
export const asksForStatus = (message: string): boolean =>
  /^(?:what (?:became|has become) of|what is the (?:state|status) of|show(?: me)?|list)\s+(?:my|the)\s+requests?\b/i.test(
    message.trim(),
  ) || /^(?:查看|显示)?我的申请/.test(message.trim());
