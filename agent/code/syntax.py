"""What the nodes of the grammars are, by their type. The types of one grammar mean the same, or nothing,
in the others, so one table serves all."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


def _types(names: str) -> frozenset[str]:
    return frozenset(names.split())


FUNCTIONS = _types(
    "function_definition function_declaration generator_function_declaration method_definition method_declaration "
    "constructor_declaration compact_constructor_declaration function_item macro_definition function_signature "
    "function_signature_item method_signature abstract_method_signature preproc_function_def method singleton_method"
)
CLASSES = _types(
    "class_definition class_declaration abstract_class_declaration class interface_declaration enum_declaration "
    "record_declaration annotation_type_declaration impl_item trait_item mod_item class_specifier "
    "struct_specifier trait_declaration singleton_class"
)
"""What holds definitions of its own."""
TYPES = _types(
    "struct_item enum_item union_item enum_specifier union_specifier type_definition type_alias_declaration "
    "type_alias_statement type_item type_declaration alias_declaration"
)
VALUES = _types(
    "assignment lexical_declaration variable_declaration const_item static_item field_declaration "
    "field_definition public_field_definition var_declaration const_declaration declaration preproc_def "
    "local_variable_declaration property_declaration"
)
IMPORTS = _types(
    "import_statement import_from_statement future_import_statement import_declaration use_declaration "
    "preproc_include using_declaration extern_crate_declaration namespace_use_declaration"
)
PACKAGES = _types("package_clause package_declaration")
COMMENTS = _types("comment line_comment block_comment")
ATTRIBUTES = _types("attribute_item decorator")
WRAPPERS = _types("decorated_definition export_statement ambient_declaration template_declaration expression_statement")
"""What stands around a definition and belongs to it."""
NAMESPACES = _types(
    "namespace_definition declaration_list linkage_specification preproc_if preproc_ifdef preproc_else "
    "preproc_elif internal_module module enum_body_declarations body_statement"
)
"""What is looked through on the way to definitions."""
BRANCHES = _types(
    "if_statement elif_clause else_clause try_statement except_clause except_group_clause finally_clause "
    "with_statement block"
)
_SIGNATURES = _types("function_signature method_signature")


def name_of(node: "Node") -> str:
    """The name that a definition is known by; empty where it has none."""
    if node.type == "impl_item":
        trait, owner = node.child_by_field_name("trait"), node.child_by_field_name("type")
        return f"impl {_plain(trait)} for {_plain(owner)}" if trait else f"impl {_plain(owner)}"
    if node.type in {"assignment", "assignment_expression", "type_alias_statement"}:
        return _squeezed(node.child_by_field_name("left"))
    name = node.child_by_field_name("name")
    if node.type == "method_declaration" and (receiver := node.child_by_field_name("receiver")):
        owner = re.search(r"(\w+)\s*(?:\[[^\]]*\])?\s*\)$", _squeezed(receiver))
        return f"{owner[1] if owner else ''}.{_squeezed(name)}"
    if name is not None:
        return _squeezed(name)
    if node.type in {"field_definition", "public_field_definition"}:
        return _squeezed(node.child_by_field_name("property"))
    return _declared(node)


def _declared(node: "Node") -> str:
    """The names in the declarators of C and Java, and in the lists of Go and JavaScript."""
    names = [
        _declarator(child) for child in [*node.children_by_field_name("declarator"), *_lists(node)] if child.is_named
    ]
    return ",".join(name for name in names if name)


def _lists(node: "Node") -> list["Node"]:
    """Declarators and specifications without a field of their own."""
    kinds = {"variable_declarator", "var_spec", "const_spec", "type_spec", "type_alias"}
    direct = [child for child in node.children if child.type in kinds]
    grouped = [each for child in node.children if child.type == "var_spec_list" for each in child.children]
    own = {child.id for child in node.children_by_field_name("declarator")}
    return [child for child in [*direct, *grouped] if child.type in kinds and child.id not in own]


def _declarator(node: "Node") -> str:
    for _ in range(20):
        inner = node.child_by_field_name("declarator") or node.child_by_field_name("name")
        if inner is None and node.type.endswith("declarator"):
            inner = next((child for child in node.children if child.is_named), None)
        if inner is None or node.type == "qualified_identifier":
            break
        node = inner
    return _squeezed(node)


def role_of(node: "Node", core: "Node") -> str:
    """What tells apart definitions that share a name."""
    if node.type == "decorated_definition":
        decorators = [_squeezed(child) for child in node.children if child.type == "decorator"]
        if any(each in {"@overload", "@typing.overload", "@t.overload"} for each in decorators):
            return "overload"
        accessors = [each.rpartition(".")[2] for each in decorators if each.endswith((".setter", ".deleter"))]
        return accessors[0] if accessors else ""
    if core.type == "method_definition":
        return next((child.type for child in core.children if child.type in {"get", "set"}), "")
    if core.type in _SIGNATURES:
        return "overload"
    return "declaration" if _is_declaration(core) else ""


def _is_declaration(core: "Node") -> bool:
    if core.type in {"declaration", "field_declaration"}:
        declarator = core.child_by_field_name("declarator")
        while declarator and declarator.type in {"pointer_declarator", "reference_declarator"}:
            declarator = declarator.child_by_field_name("declarator")
        return declarator is not None and declarator.type == "function_declarator"
    return core.type in {"class_specifier", "struct_specifier"} and core.child_by_field_name("body") is None


def _plain(node: "Node | None") -> str:
    """Without generic parameters, which a model may leave out."""
    return re.sub(r"<.*", "", _squeezed(node))


def _squeezed(node: "Node | None") -> str:
    return "" if node is None or node.text is None else "".join(node.text.decode("utf-8", "replace").split())
