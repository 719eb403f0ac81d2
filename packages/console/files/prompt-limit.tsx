import { useTranslation } from 'react-i18next';
import { Meter } from '../design/progress.tsx';

/** How much of MEMORY.md the agent sees in every conversation. */
export function PromptLimit({ characters, limit }: { characters: number; limit: number }) {
  const { t } = useTranslation();
  const beyond = characters > limit;
  return (
    <div data-testid="prompt-limit" className="grid gap-1.5 text-xs">
      <p role={beyond ? 'alert' : undefined} className={beyond ? 'text-bad-ink' : 'tabular text-ink-faint'}>
        {t(beyond ? 'agentFiles.beyondPrompt' : 'agentFiles.inPrompt', { used: characters, limit })}
      </p>
      <Meter used={characters} total={limit} />
    </div>
  );
}
