// Computes how often answers agreed with the predictions, and how certain that share is.

/** Quantile of the normal distribution for an interval of 95 %. */
const NORMAL_95 = 1.959964;

/**
 * Returns the interval in which the share of right answers lies with 95 % confidence (Wilson 1927, Probable inference,
 * the law of succession, and statistical inference). It holds for few answers too, and when all of them are right.
 * @param {number} right
 * @param {number} of
 * @returns {[least: number, most: number]}
 */
export function wilsonInterval(right, of) {
  const share = right / of;
  const squared = NORMAL_95 ** 2;
  const middle = share + squared / (2 * of);
  const reach = NORMAL_95 * Math.sqrt(share * (1 - share) / of + squared / (4 * of * of));
  const scale = 1 + squared / of;
  return [Math.max(0, (middle - reach) / scale), Math.min(1, (middle + reach) / scale)];
}

/**
 * Returns how many of the last answers agreed with the prediction, and the confidence interval of that share.
 * @param {readonly { agreed: boolean }[]} answers
 * @param {number} most how many of the last ones count
 * @returns {{ of: number, right: number, least: number, most: number } | undefined} nothing without answers
 */
export function lastAgreement(answers, most) {
  const last = answers.slice(-most);
  if (last.length === 0) return undefined;
  const right = last.filter(({ agreed }) => agreed).length;
  const [least, largest] = wilsonInterval(right, last.length);
  return { of: last.length, right, least, most: largest };
}
