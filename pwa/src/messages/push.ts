/**
 * What a device is told while the app is closed. No catalogue: the service worker is one file, which can import
 * nothing that the page has too, and `speak` of a page does not reach it.
 */
export const push: { readonly [kind: string]: string; readonly other: string } = {
  ANALYSIS_FINISHED: 'An analysis is finished.',
  ANALYSIS_FAILED: 'An analysis gave no result.',
  URGENT_FINDING: 'A case asks for an urgent look.',
  MENTION: 'You were mentioned in a discussion.',
  REPLY: 'There is an answer in a discussion.',
  CASE_SHARED: 'A case was shared with you.',
  REVIEW_SIGNED: 'A reading was signed.',
  RESULT_RELEASED: 'A result is there for you to read.',
  EXPORT_READY: 'An export is ready.',
  other: 'There is something new.',
};
