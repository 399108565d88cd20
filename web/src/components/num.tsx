// Text on a right edge, or with more behind it. When its length changes it becomes a new node: its digits are replaced, nothing
// is pushed aside.

export function Num({ text, class: name = 'num', title }: { text: string; class?: string; title?: string }) {
  return <span class={name} title={title} key={text.length}>{text}</span>;
}
