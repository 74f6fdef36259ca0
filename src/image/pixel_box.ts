// Boxes on an image, in pixels.

/** A box in the pixels of an upright photo, measured from the top left. Fractions are allowed. */
export interface PixelBox {
  /** Pixels from the left edge of the photo. */
  readonly left: number;
  /** Pixels from its top edge. */
  readonly top: number;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/** Size of an upright photo, in pixels. */
export interface PhotoSize {
  readonly width: number;
  readonly height: number;
}

/** Returns a box in pixels of another size: `by` of them, across and down, for one. */
export function scaledBox({ left, top, width, height }: PixelBox, by: number): PixelBox {
  return { left: left * by, top: top * by, width: width * by, height: height * by };
}

/** The box around a whole photo. */
export function wholePhoto({ width, height }: PhotoSize): PixelBox {
  return { left: 0, top: 0, width, height };
}

/** The smallest box that holds all of some boxes. There must be at least one. */
export function around(boxes: readonly PixelBox[]): PixelBox {
  const [left, top] = [Math.min(...boxes.map((box) => box.left)), Math.min(...boxes.map((box) => box.top))];
  const right = Math.max(...boxes.map((box) => box.left + box.width));
  const bottom = Math.max(...boxes.map((box) => box.top + box.height));
  return { left, top, width: right - left, height: bottom - top };
}

/** The part of a box that lies inside another. Its width or height is 0 if they do not overlap. */
export function within(box: PixelBox, outer: PixelBox): PixelBox {
  const [left, top] = [Math.max(box.left, outer.left), Math.max(box.top, outer.top)];
  const right = Math.min(box.left + box.width, outer.left + outer.width);
  const bottom = Math.min(box.top + box.height, outer.top + outer.height);
  return { left, top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

/** The smallest box of whole pixels around a box, limited to the photo. */
export function wholePixels(box: PixelBox, { width, height }: PhotoSize): PixelBox {
  const [left, top] = [Math.max(0, Math.floor(box.left)), Math.max(0, Math.floor(box.top))];
  const right = Math.max(left + 1, Math.min(width, Math.ceil(box.left + box.width)));
  const bottom = Math.max(top + 1, Math.min(height, Math.ceil(box.top + box.height)));
  return { left, top, width: right - left, height: bottom - top };
}

/**
 * A window of `width` × `height` whole pixels around the middle of a box. It is moved into the photo if it would extend
 * over the edge, and is no larger than the photo.
 */
export function windowAround(box: PixelBox, width: number, height: number, photo: PhotoSize): PixelBox {
  const place = (middle: number, side: number, whole: number) => {
    const length = Math.min(whole, Math.max(1, Math.round(side)));
    return [Math.min(Math.max(0, Math.round(middle - length / 2)), whole - length), length];
  };
  const [left, wide] = place(box.left + box.width / 2, width, photo.width);
  const [top, high] = place(box.top + box.height / 2, height, photo.height);
  return { left, top, width: wide, height: high };
}
