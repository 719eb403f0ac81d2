import { Square, SquareCheck } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import ReactMarkdown, { type Components, type ExtraProps } from 'react-markdown';
import rehypeSanitize from 'rehype-sanitize';
import remarkGfm from 'remark-gfm';
import { CopyButton } from '../design/copy-button.tsx';
import { answerHeadings, htmlAsText } from './answer-tree.ts';

/**
 * An agent's markdown. What an agent writes may come from anywhere (a web page it read, a file): raw HTML is shown as
 * text, what remains passes a sanitizer, links lead to the web only, and images are not loaded, because the mere address
 * of an image can carry what the agent knows to a stranger.
 */
export function Markdown({ text }: { text: string }) {
  return (
    <ReactMarkdown
      remarkPlugins={[remarkGfm, htmlAsText]}
      rehypePlugins={[rehypeSanitize, answerHeadings]}
      urlTransform={webAddress}
      components={components}
    >
      {text}
    </ReactMarkdown>
  );
}

/** Absolute web and mail addresses pass; everything else (scripts, data, paths of this very console) is left out. */
function webAddress(url: string): string | null {
  return /^(https?:\/\/|mailto:)/i.test(url) ? url : null;
}

const components: Components = {
  a: ({ href, children }) => <WebLink href={href}>{children}</WebLink>,
  img: ({ src, alt }) => <ImageLink src={src} alt={alt} />,
  // Of all inputs the sanitizer lets only the box of a task list pass.
  input: ({ checked }) => <TaskBox done={checked === true} />,
  pre: ({ node, children }) => <CodeBlock {...(node ? { node } : {})}>{children}</CodeBlock>,
  table: ({ children }) => <ScrolledTable>{children}</ScrolledTable>,
};

function WebLink({ href, children }: Pick<ComponentProps<'a'>, 'href' | 'children'>) {
  if (!href) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

function TaskBox({ done }: { done: boolean }) {
  const { t } = useTranslation();
  const Icon = done ? SquareCheck : Square;
  return (
    <Icon
      role="img"
      aria-label={done ? t('chat.taskDone') : t('chat.taskOpen')}
      className="me-2 inline size-4.5 align-[-0.22em] text-ink-faint"
    />
  );
}

function ImageLink({ src, alt }: Pick<ComponentProps<'img'>, 'src' | 'alt'>) {
  const { t } = useTranslation();
  const text = alt ? t('chat.image', { description: alt }) : t('chat.imageWithoutDescription');
  return <WebLink href={typeof src === 'string' ? src : undefined}>{text}</WebLink>;
}

function CodeBlock({ node, children }: ExtraProps & { children?: ReactNode }) {
  const { t } = useTranslation();
  const { text, language } = codeOf(node);
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-sunken">
      <div className="flex h-9 items-center justify-between border-b ps-3.5 pe-0.5">
        <span className="text-ink-faint text-xs">{language ?? t('chat.code')}</span>
        <CopyButton text={text} label={t('chat.copyCode')} />
      </div>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
        tabIndex={0}
        className="-outline-offset-2 overflow-x-auto px-3.5 py-3 font-mono text-sm [overflow-wrap:normal]"
      >
        {children}
      </pre>
    </div>
  );
}

function codeOf(node: ExtraProps['node']): { text: string; language: string | null } {
  const code = node?.children[0];
  if (code?.type !== 'element') return { text: '', language: null };
  const text = code.children.map((child) => (child.type === 'text' ? child.value : '')).join('');
  const classes = code.properties.className;
  const language = Array.isArray(classes)
    ? classes.map(String).find((name) => name.startsWith('language-'))
    : undefined;
  return { text, language: language?.slice('language-'.length) ?? null };
}

function ScrolledTable({ children }: Pick<ComponentProps<'table'>, 'children'>) {
  const { t } = useTranslation();
  return (
    <section
      aria-label={t('chat.table')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
      tabIndex={0}
      className="w-fit max-w-full overflow-x-auto rounded-lg border border-line"
    >
      <table>{children}</table>
    </section>
  );
}
