// Text on a right edge, or with more behind it.
import { shape } from '../format';

export function Num({ text, class: name = 'num', title }: { text: string; class?: string; title?: string }) {
  return <span class={name} title={title} key={shape(text)}>{text}</span>;
}
