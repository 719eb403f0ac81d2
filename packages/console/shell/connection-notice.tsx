import { WifiOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConnection } from '../api/connection.ts';
import { Waiting } from '../design/ripples.tsx';

/** A loss shorter than this is repaired before anybody needs to know. */
const patienceMs = 1500;

export function ConnectionNotice() {
  const { t } = useTranslation();
  const connection = useConnection();
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    if (connection === 'connected') return setVisible(false);
    const timer = setTimeout(() => setVisible(true), patienceMs);
    return () => clearTimeout(timer);
  }, [connection]);

  return (
    <div role="status" className="pointer-events-none absolute inset-x-0 top-18 z-20 flex justify-center px-4">
      {visible && (
        <p
          data-testid="connection-notice"
          className="flex animate-appear items-center gap-2.5 rounded-full border border-line-strong bg-surface px-4 py-2 text-sm shadow-floating"
        >
          {connection === 'offline' ? <WifiOff className="size-4" aria-hidden="true" /> : <Waiting />}
          {connection === 'offline' ? t('shell.offline') : t('shell.reconnecting')}
        </p>
      )}
    </div>
  );
}
