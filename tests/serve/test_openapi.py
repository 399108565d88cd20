#!/usr/bin/env python3
"""openapi.json says what the code does: the same routes and parameters as routes.def, the same words as the lists in core.

    test_openapi.py PROJECT
"""
import json
import pathlib
import re
import sys
import unittest

PROJECT = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ".")


def names(path, macro):
    """First arguments of MACRO(…) lines."""
    return re.findall(rf"^{macro}\((\w+)", (PROJECT / "src/core" / path).read_text(), re.M)


class OpenApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.document = json.loads((PROJECT / "src/serve/openapi.json").read_text())
        text = (PROJECT / "src/serve/routes.def").read_text()
        cls.routes = re.findall(r'^HG_ROUTE\((\w+), "([^"]+)", \w+, "([^"]*)"\)', text, re.M)

    def resolve(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def test_same_routes(self):
        described = {(method.upper(), path) for path, item in self.document["paths"].items() for method in item}
        self.assertGreater(len(self.routes), 10)
        self.assertEqual(described, {(method, path) for method, path, _ in self.routes})

    def test_same_parameters(self):
        for method, path, parameters in self.routes:
            operation = self.document["paths"][path][method.lower()]
            described = [self.resolve(p) for p in operation.get("parameters", [])]
            with self.subTest(route=f"{method} {path}"):
                self.assertEqual({p["name"] for p in described if p["in"] == "query"}, set(parameters.split()))
                self.assertEqual({p["name"] for p in described if p["in"] == "path"}, set(re.findall(r"{(\w+)}", path)))

    def test_references_resolve(self):
        for ref in re.findall(r'"\$ref": "([^"]+)"', json.dumps(self.document)):
            self.resolve({"$ref": ref})

    def test_same_words(self):
        schemas = self.document["components"]["schemas"]
        event = schemas["Event"]["properties"]
        self.assertEqual(schemas["Dataset"]["enum"], names("datasets.def", "HG_DATASET"))
        self.assertEqual(event["attack_type"]["enum"], names("attack_types.def", "HG_ATTACK_TYPE") + [None])
        self.assertEqual(event["missing"]["items"]["enum"], names("fields.def", "HG_FIELD"))
        self.assertEqual(list(event)[:len(names("fields.def", "HG_FIELD"))], names("fields.def", "HG_FIELD"))
        self.assertEqual(schemas["Reason"]["enum"], names("reasons.def", "HG_REASON"))


if __name__ == "__main__":
    unittest.main()
