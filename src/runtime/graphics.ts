// The graphics card, where the runtime gives access to it by WebGPU.

/** What is used of a graphics adapter. */
export interface GraphicsAdapter {
  readonly info?: {
    readonly description?: string;
    /** Whether the processor does the card's work. */
    readonly isFallbackAdapter?: boolean;
  };
}

/** Returns the graphics adapter that the runtime offers, if any. */
export async function graphicsAdapter(): Promise<GraphicsAdapter | undefined> {
  const { navigator } = globalThis as {
    navigator?: { gpu?: { requestAdapter(): Promise<GraphicsAdapter | null> } };
  };
  try {
    return await navigator?.gpu?.requestAdapter() ?? undefined;
  } catch {
    return undefined; // As good as none.
  }
}
