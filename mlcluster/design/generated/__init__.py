"""Families of capped clusters of our own: kernels cut, fused or grown, shells set by rule, charges of closed shells."""

from mlcluster.design.generated.family_plans import FamilyPlan, family_plans
from mlcluster.design.generated.growing import grow

__all__ = ["FamilyPlan", "family_plans", "grow"]
