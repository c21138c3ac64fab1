"""The GraphQL documents that the client sends."""

SIGN_IN = """
mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { accessToken challenge { kind token } errors { code message } }
}
"""

ANSWER_CHALLENGE = """
mutation AnswerChallenge($input: AnswerChallengeInput!) {
  answerChallenge(input: $input) { accessToken errors { code message } }
}
"""

SIGN_OUT = """
mutation SignOut { signOut { ok errors { code message } } }
"""

CREATE_UPLOAD = """
mutation CreateUpload($input: CreateUploadInput!) {
  createUpload(input: $input) { upload { id status } errors { code message } }
}
"""

COMPLETE_UPLOAD = """
mutation CompleteUpload($input: CompleteUploadInput!) {
  completeUpload(input: $input) { upload { id status } errors { code message } }
}
"""

# A file of the usual size has one part; the others' parts are asked for file by file.
FILES = """
query Files($id: ID!, $after: String) {
  node(id: $id) { ... on Upload {
    files(first: 100, after: $after) {
      edges { node { id index name size received parts(first: 2) { ...Parts } } }
      pageInfo { hasNextPage endCursor }
    }
  } }
}
fragment Parts on UploadPartConnection {
  edges { node { number offset size url headers { name value } expiresAt received } }
  pageInfo { hasNextPage endCursor }
}
"""

PARTS = """
query Parts($id: ID!, $after: String) {
  node(id: $id) { ... on UploadFile { parts(first: 20, after: $after) {
    edges { node { number offset size url headers { name value } expiresAt received } }
    pageInfo { hasNextPage endCursor }
  } } }
}
"""

UPLOAD = """
query Upload($id: ID!) {
  viewer { eventCursor }
  node(id: $id) { ... on Upload { id status progress accepted duplicates } }
}
"""

UPLOAD_RESULT = """
query UploadResult($id: ID!, $after: String) {
  node(id: $id) { ... on Upload {
    id status accepted duplicates
    cases(first: 100) { edges { node { id title } } }
    rejections(first: 100, after: $after) {
      edges { node { path code message } }
      pageInfo { hasNextPage endCursor }
    }
  } }
}
"""

VIEWER_EVENTS = """
subscription ViewerEvents($after: String) {
  viewerEvents(after: $after) {
    cursor
    ... on UploadProgressed { upload { id status progress accepted duplicates } }
  }
}
"""

ANALYSIS = """
query Analysis($id: ID!) {
  case(id: $id) { eventCursor latestAnalysis { id status stage progress } }
}
"""

CASE_EVENTS = """
subscription CaseEvents($id: ID!, $after: String) {
  caseEvents(caseId: $id, after: $after) {
    cursor
    ... on AnalysisProgressed { analysis { id status stage progress } }
  }
}
"""

CASE_RESULT = """
query CaseResult($id: ID!) {
  case(id: $id) {
    id
    title
    studies { series { warnings { code message } stacks { warnings { code message } } } }
    latestAnalysis {
      status failure
      model { name version title }
      warnings { code message }
      findings {
        label probability aboveThreshold diameterMm
        position { x y z }
        anchor { frameIndex stack { frameCount } }
      }
    }
  }
}
"""
