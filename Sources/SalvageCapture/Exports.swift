// What stands in our API belongs to it: whoever imports us can use it.
@_exported public import SalvageArchive
