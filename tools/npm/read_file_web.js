// Reads a file of this package from the server it came from, in browsers and bundles for them.

export const readFile = async (url) => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} cannot be fetched: ${response.status}`);
  return await response.arrayBuffer();
};
