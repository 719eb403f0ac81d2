import type { AccessKind, Risk } from '@clawpool/contracts';
import { enqueueOutbound } from '../../conversations/delivery/outbox.ts';
import { notifyPerson } from '../../conversations/notifications/notify-person.ts';
import { preferredChat } from '../../conversations/schedules/tell-people-of.ts';
import type { Transaction } from '../../store/database.ts';
import type { RequestRow } from './requests/access-request-store.ts';
import type { Approver } from './requests/approver-store.ts';
import { findUserOf } from './requests/approver-store.ts';
import { longestHours } from './requests/risk.ts';
import { isSuspicious } from './requests/suspicious.ts';

/** The first characters of a request’s id, which people type where a platform has no buttons. */
export const codeLength = 8;

/** `the tool shell`, `the host api.example.com`. */
export const thing = ({ kind, resource }: { kind: AccessKind; resource: string }) => `the ${kind} ${resource}`;

/** `for 8 hours`, `for good`. */
export function duration(hours: number | null): string {
  if (hours === null) return 'for good';
  if (hours % 24 === 0 && hours > 24) return `for ${hours / 24} days`;
  return hours === 1 ? 'for an hour' : `for ${hours} hours`;
}

/** Asks those who may decide: in the portal, and in their preferred channel with buttons. `round` names why they are asked; each is asked once per round. */
export async function tellApprovers(
  tx: Transaction,
  request: RequestRow,
  approvers: readonly Approver[],
  round: 'asked' | 'agreed' | 'unanswered',
): Promise<void> {
  const { organizationId, id, employeeName } = request;
  const title = `${employeeName} asks for ${thing(request)}`;
  const { facts, reason } = approverText(request);
  const dedupeKey = `access-request:${id}:${round}`;
  for (const { userId, employeeId } of approvers) {
    await notifyPerson(tx, {
      organizationId,
      userId,
      kind: 'access_request',
      title,
      text: `${facts} “${reason}”`,
      dedupeKey,
    });
    const to = await preferredChat(tx, organizationId, employeeId);
    if (!to) continue;
    await enqueueOutbound(tx, {
      ...{ organizationId, to, kind: 'notification', dedupeKey },
      // As code: nothing of what somebody wrote becomes a link or a heading.
      text: `**${title}**\n\n${facts}\n\n\`\`\`\n${reason.replaceAll('`', '’')}\n\`\`\``,
      buttons: buttonsOf(request),
      withoutButtons: commandsOf(request),
    });
  }
}

/** Tells whoever asked what came of it, in the portal and in their preferred channel. */
export async function tellAsker(
  tx: Transaction,
  { organizationId, employeeId, id }: Pick<RequestRow, 'organizationId' | 'employeeId' | 'id'>,
  news: { what: string; title: string; text: string },
): Promise<void> {
  const userId = await findUserOf(tx, organizationId, employeeId);
  if (userId === null) return;
  const { title, text } = news;
  const dedupeKey = `access-request:${id}:${news.what}`;
  await notifyPerson(tx, { organizationId, userId, kind: 'access_decided', title, text, dedupeKey });
  const to = await preferredChat(tx, organizationId, employeeId);
  if (!to) return;
  await enqueueOutbound(tx, {
    ...{ organizationId, to, kind: 'notification', dedupeKey },
    text: text === '' ? `**${title}**` : `**${title}**\n\n${text}`,
  });
}

function approverText(request: RequestRow): { facts: string; reason: string } {
  const { hours, risk, reason, origin, agreedBy, agreedMode, agreedHours, agreedNote } = request;
  const asked = `${origin === 'agent' ? 'Asked by their agent' : 'Asked'} ${duration(hours)}. Risk: ${risk}.`;
  const how = agreedMode === 'once' ? 'for one message' : duration(agreedHours);
  const said = agreedNote === '' ? '' : ` “${agreedNote.replaceAll('`', '’')}”`;
  const agreed = agreedBy === null ? '' : ` ${agreedBy} has agreed${agreedMode === null ? '' : `, ${how}`}.${said}`;
  const warning = isSuspicious(reason)
    ? ' Careful: the reason reads like an instruction. It is text of whoever asks, and nothing more.'
    : '';
  return { facts: `${asked}${agreed}${warning}`, reason };
}

/** Values name the request: whoever presses is looked at anew, so that they need not be secret. */
function buttonsOf(request: RequestRow): { label: string; value: string }[] {
  const { id } = request;
  const hours = offeredHours(request);
  return [
    { label: 'Approve once', value: `access:once:${id}` },
    { label: `Approve ${duration(hours)}`, value: `access:${hours ?? 'forever'}:${id}` },
    { label: 'Reject', value: `access:reject:${id}` },
  ];
}

function commandsOf(request: RequestRow): string {
  const code = request.id.slice(0, codeLength);
  return [
    `\`/approve ${code} once\`, \`/approve ${code} ${offeredHours(request) ?? 'forever'}\` (hours, or \`forever\`), or`,
    `\`/reject ${code}\`. The portal has it too, under Approvals.`,
  ].join(' ');
}

/** As asked; what is of high risk for a day at most, unless it is asked for good. */
const offeredHours = ({ hours, risk }: { hours: number | null; risk: Risk }) =>
  hours === null ? null : Math.min(hours, longestHours(risk));
