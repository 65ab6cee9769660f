// What stands in our API belongs to it: whoever imports us can use it.
@_exported public import ArchiveFormat
@_exported public import CoreIO
@_exported public import CoreModel
@_exported public import ELFCore
