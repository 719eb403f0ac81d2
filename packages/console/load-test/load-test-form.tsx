import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Play } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { loadTestsQuery, poolQuery, tiersQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { SelectField } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { NumberField } from '../design/number-field.tsx';
import { type NumberLimits, numberOf } from '../design/number-limits.ts';
import { useFormat } from '../format/use-format.ts';
import { ImageSelect } from '../pool/image-select.tsx';
import { freeRoom, tenantsThatFit } from '../pool/pool-figures.ts';

/** The contracts' own limits and defaults. */
const limits = {
  count: { min: 1, max: 500, whole: true },
  cpus: { min: 0.1, max: 64, whole: false },
  memoryMegabytes: { min: 512, max: 262_144, whole: true },
} as const satisfies Record<string, NumberLimits>;
const initial = { count: '30', cpus: '1', memoryMegabytes: '1024', tier: '', image: '' };

/** How many tenants of which size, and what that takes of the hosts' room. */
export function LoadTestForm({ running }: { running: boolean }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { data: tiers = [] } = useQuery(tiersQuery);
  const [form, setForm] = useState(initial);
  const [insist, setInsist] = useState(false);
  const change = (parts: Partial<typeof form>) => setForm({ ...form, ...parts });

  // Said out loud rather than left to the server: what is measured depends on it.
  const tier = form.tier || (tiers.find(({ id }) => id === 'standard') ?? tiers[0])?.id || '';
  const count = numberOf(form.count, limits.count);
  const cpus = numberOf(form.cpus, limits.cpus);
  const memoryMegabytes = numberOf(form.memoryMegabytes, limits.memoryMegabytes);
  const size = count !== null && cpus !== null && memoryMegabytes !== null ? { count, cpus, memoryMegabytes } : null;

  const start = useMutation({
    mutationFn: (body: { count: number; cpus: number; memoryMegabytes: number }) =>
      api.call('startLoadTest', {
        body: {
          ...body,
          ...(tier ? { tier } : {}),
          ...(form.image ? { image: form.image } : {}),
        },
      }),
    onSettled: () => queryClient.invalidateQueries(loadTestsQuery),
  });

  return (
    <form
      aria-labelledby="new-load-test"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setInsist(true);
        if (size) start.mutate(size);
      }}
      className="grid gap-4 rounded-lg border bg-surface p-4 sm:p-5"
    >
      <div>
        <h2 id="new-load-test" className="font-semibold text-lg">
          {t('loadTest.new')}
        </h2>
        <p className="max-w-3xl text-ink-soft text-sm">{t('loadTest.newText')}</p>
      </div>
      <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-[8rem_8rem_10rem_1fr_1fr]">
        <NumberField
          label={t('loadTest.count')}
          value={form.count}
          onValue={(text) => change({ count: text })}
          limits={limits.count}
          insist={insist}
        />
        <NumberField
          label={t('loadTest.cpus')}
          value={form.cpus}
          onValue={(text) => change({ cpus: text })}
          limits={limits.cpus}
          insist={insist}
        />
        <NumberField
          label={t('loadTest.memory')}
          unit="MiB"
          value={form.memoryMegabytes}
          onValue={(text) => change({ memoryMegabytes: text })}
          limits={limits.memoryMegabytes}
          insist={insist}
        />
        <SelectField label={t('loadTest.tier')} value={tier} onChange={(event) => change({ tier: event.target.value })}>
          {tiers.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
        <ImageSelect
          label={t('loadTest.image')}
          empty={t('loadTest.imageOfTier')}
          value={form.image}
          onValue={(image) => change({ image })}
        />
      </div>
      {size && <RoomNotice {...size} />}
      <ProblemNotice error={start.error} />
      <div className="flex flex-wrap items-center justify-end gap-3">
        {running && <p className="text-ink-faint text-sm">{t('loadTest.oneAtATime')}</p>}
        <Button type="submit" kind="primary" disabled={running || start.isPending}>
          <Play aria-hidden="true" />
          {t('loadTest.start', { count: size?.count ?? 0 })}
        </Button>
      </div>
    </form>
  );
}

/** What the test will take, beside what there is: people's agents live on the same hosts. */
function RoomNotice({ count, cpus, memoryMegabytes }: { count: number; cpus: number; memoryMegabytes: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data: pool } = useQuery(poolQuery);
  if (!pool) return null;
  const free = freeRoom(pool.hosts);
  const fit = tenantsThatFit(pool.hosts, { cpus, memoryMegabytes });
  const number = (value: number) => value.toLocaleString(format.locale, { maximumFractionDigits: 1 });
  const words = {
    cpus: number(count * cpus),
    freeCpus: number(free.cpus),
    memory: format.bytes(count * memoryMegabytes * 2 ** 20),
    freeMemory: format.bytes(free.memoryMegabytes * 2 ** 20),
  };
  return (
    <Notice
      tone={fit < count ? 'warn' : 'info'}
      data-testid="room"
      data-fit={fit}
      title={fit < count ? t('loadTest.roomShort', { count: fit }) : t('loadTest.roomEnough')}
    >
      {t('loadTest.room', words)} {fit < count && t('loadTest.roomWaits')}
    </Notice>
  );
}
