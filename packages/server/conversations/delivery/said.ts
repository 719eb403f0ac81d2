import type { Resolution } from '@clawpool/contracts';

/** What chats are told, in one place: short, true, and with what to do. */
export const said = {
  help: [
    'Write as you would to a colleague: what you write here goes to your agent, and files do too.',
    '',
    '`/new` begins a new conversation',
    '`/stop` stops the answer that is being written',
    '`/help` shows this',
  ].join('\n'),
  onlyDirect: 'I answer in direct chats only: here, everybody would read it. Write to me directly.',
  notPaired:
    'This chat is not connected to an agent. Open “Channels” in your portal, choose this bot, and send me the command it shows you.',
  suspended: 'Your account is suspended, so your agent does not answer. Ask an admin of your organization.',
  wrongToken:
    'This token does not work: it may be older than 15 minutes, or used already. Get a new one in your portal.',
  tooManyTokens: 'Too many wrong tokens. Wait ten minutes, then get a new one in your portal.',
  paired: (agent: string, person: string) =>
    `Connected: you are talking to ${agent} as ${person}. Send /help to see what I understand.`,
  takenByAnother: (person: string) =>
    `This chat is connected to the agent of ${person} already. Disconnect it in the portal of ${person} first, then use the token again.`,
  newConversation: 'A new conversation. What came before stays in your portal.',
  stopping: 'Stopped.',
  nothingToStop: 'Nothing is being answered right now.',
  nothingReadable: 'I can read text and files. This message has neither.',
  nobodyAnswers: (resolution: Resolution) =>
    `Nobody can answer you: ${resolution.steps.at(-1)?.detail ?? 'no agent is assigned to you'}. Ask an admin of your organization.`,
  waits: (ahead: number) =>
    ahead === 1
      ? 'One message is ahead of yours. It is kept, and answered in its turn.'
      : `${ahead} messages are ahead of yours. It is kept, and answered in its turn.`,
  stillTrying:
    'Your message could not be passed to your agent yet. It is kept and tried again, and what you write after it comes after it.',
  gaveUp: 'Your message could not be passed to your agent. It is kept, and an operator can see it.',
  waking: 'Your agent is waking up. The answer comes in a moment.',
  quick: '(A quick answer of the model: your agent is still waking up.)',
  leftAsItIs: 'Left as it is.',
  runAgain: 'Run it again',
  leaveIt: 'Leave it',
  answerInPortal: 'You can have it run again in your portal.',
  stoppedHere: '(stopped)',
  tooLargeToSend: (name: string) =>
    `“${name}” is too large for this chat. You find it in this conversation in your portal.`,
  fileGone: (name: string) => `“${name}” is not there any more.`,
} as const;
