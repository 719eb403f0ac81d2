/** The little of a markdown tree (mdast) or an HTML tree (hast) that is looked at here. */
interface Node {
  type: string;
  tagName?: string;
  value?: string;
  children?: Node[];
}

/** A remark plugin: HTML in an answer is shown as it was written, neither obeyed nor hidden. */
export function htmlAsText() {
  return (tree: Node) => {
    const visit = (node: Node, inline: boolean) => {
      if (node.type === 'html') {
        const text: Node = { type: 'text', value: node.value ?? '' };
        if (inline) Object.assign(node, text);
        else Object.assign(node, { type: 'paragraph', children: [text] });
        return;
      }
      const holdsInline = inline || node.type === 'paragraph' || node.type === 'heading' || node.type === 'tableCell';
      for (const child of node.children ?? []) visit(child, holdsInline);
    };
    visit(tree, false);
  };
}

/**
 * A rehype plugin. The page has a heading of its own: those of an answer begin one rank below it, and none skips a rank,
 * whatever the agent wrote. That is how people with screen readers find their way.
 */
export function answerHeadings() {
  return (tree: Node) => {
    // Rank as written and as shown, of the headings that the present place is under.
    let above: { written: number; shown: number }[] = [];
    const visit = (node: Node) => {
      const written = Number(/^h([1-6])$/.exec(node.tagName ?? '')?.[1] ?? 0);
      if (written > 0) {
        above = above.filter((heading) => heading.written < written);
        const shown = Math.min((above.at(-1)?.shown ?? 1) + 1, 6);
        above.push({ written, shown });
        node.tagName = `h${shown}`;
      }
      for (const child of node.children ?? []) visit(child);
    };
    visit(tree);
  };
}
