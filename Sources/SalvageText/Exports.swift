// What we have words for: whoever imports us can use it, and so the whole library.
@_exported public import SalvageBatch
@_exported public import SalvageCapture
