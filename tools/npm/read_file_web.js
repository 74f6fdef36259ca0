// A file of this package where it is served: browsers and what bundlers make for them.

export const readFile = async (url) => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} cannot be fetched: ${response.status}`);
  return await response.arrayBuffer();
};
