// What the page uses of PhotoSwipe 5.4.4.
interface Content {
  data: { clip?: string; width?: number; height?: number };
  element?: HTMLElement;
}
interface Events {
  contentLoad: { content: Content; preventDefault(): void };
  loadComplete: { content: Content; slide: { index: number } };
  afterInit: object;
  change: object;
  destroy: object;
}
export default class PhotoSwipe {
  constructor(options: object);
  readonly element?: HTMLElement;
  readonly currIndex: number;
  init(): boolean;
  next(): void;
  prev(): void;
  refreshSlideContent(index: number): void;
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): void;
}
