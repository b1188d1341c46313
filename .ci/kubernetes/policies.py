"""Admission policies, evaluated as the API server does."""

from cel_expr_python import cel
from cel_expr_python.ext import ext_optional

NAMES = ("object", "oldObject", "params", "request", "variables")


class Policy:
    """A ValidatingAdmissionPolicy."""

    def __init__(self, document):
        self.spec = document["spec"]
        dynamic = {name: cel.Type.DYN for name in NAMES}
        self.environment = cel.NewEnv(variables=dynamic, extensions=[ext_optional.ExtOptional()])

    def evaluate(self, expression, given):
        return self.environment.compile(expression).eval(data=given).plain_value()

    def refusals(self, new, params=None, old=None):
        """The messages with which an object is refused; none where it is let in."""
        request = {"operation": "UPDATE" if old else "CREATE"}
        given = {"object": new, "oldObject": old, "params": params, "request": request, "variables": {}}
        conditions = self.spec.get("matchConditions", [])
        if not all(self.evaluate(condition["expression"], given) for condition in conditions):
            return []
        for variable in self.spec.get("variables", []):
            value = self.evaluate(variable["expression"], given)
            given["variables"] = {**given["variables"], variable["name"]: value}
        wrong = [it for it in self.spec["validations"] if self.evaluate(it["expression"], given) is not True]
        return [self.message(validation, given) for validation in wrong]

    def message(self, validation, given):
        if "messageExpression" in validation:
            return self.evaluate(validation["messageExpression"], given)
        return validation["message"]
