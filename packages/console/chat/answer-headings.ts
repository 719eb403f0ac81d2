/** The little of a hast tree that is looked at here. */
interface Node {
  type: string;
  tagName?: string;
  children?: Node[];
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
